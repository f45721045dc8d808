package rows_test

import (
	"strings"
	"testing"

	"airfield/compute/rows"
)

const head = "id,source,model,arch,params_b,layers,hidden,heads,kv_heads,vocab,gpu,gpus,precision,task,seq_len,gbs,tp,pp,cp,stack,tok_s_gpu,accept_class\n"

func TestScores(t *testing.T) {
	const text = head +
		"T1,x,llama3-8b,dense,8.03,32,4096,32,8,128256,H100-SXM-80,8,bf16,pretrain,8192,16,1,1,1,fsdp,8000,train-dense\n" +
		"T2,x,llama3-8b,dense,8.03,32,4096,32,8,128256,H900,8,bf16,pretrain,8192,16,1,1,1,fsdp,8000,train-dense\n" +
		"T3,x,llama3-8b,dense,8.03,32,4096,32,8,128256,H100-SXM-80,8,bf16,pretrain,8192,16,1,1,1,fsdp,1,report-only\n"
	cases, err := rows.Read("train_llm.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	s := rows.Scores(cases, rows.Catalog())
	if len(s) != 2 || s[0].Rows != 2 || s[0].Skipped != 1 || s[0].MAPE < 0.5 || !strings.Contains(s[0].Why, `T2: the GPU "" is not known`) {
		t.Errorf("have %+v", s)
	}
}

// FuzzRead shows that no table makes reading or predicting panic.
func FuzzRead(f *testing.F) {
	f.Add(head + "T1,x,llama3-8b,dense,8.03,32,4096,32,8,128256,H100-SXM-80,8,bf16,pretrain,8192,16,1,1,1,fsdp,8000,train-dense\n")
	f.Add("id,model,gpu,gpus,tp,w_prec,isl,osl,concurrency,scenario,accept_class,out_tok_s\nI1,mixtral-8x7b,B200-SXM,8,-4,fp4,1,1,9,concurrency,infer-moe-latency,3\n")
	f.Add("workload,gpu,gpus,samples_s_gpu,accept_class\ntrain:resnet,T4-16,1,3,classic\n")
	f.Add("kind,model,gpu,tp,pp,seq_len,mbs,mem_gib\ntrain-peak,llama3-8b,H100-SXM-80,0,0,0,0,1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range rows.Files {
			if cases, err := rows.Read(name, strings.NewReader(text)); err == nil {
				rows.Scores(cases, rows.Catalog())
				for _, p := range rows.Peers {
					for _, c := range cases {
						p.Predict(c)
					}
				}
			}
		}
	})
}
