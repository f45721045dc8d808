package compute

import "math"

// A Checkpoint is what a training run keeps to go on after a failure.
type Checkpoint struct {
	Bytes    float64 `json:"bytes"`
	Write    float64 `json:"write"`    // bytes/s of all nodes together, for a pause of Pause
	Pause    float64 `json:"pause"`    // seconds
	Failures float64 `json:"failures"` // hours between two, of all GPUs
	Interval float64 `json:"interval"` // minutes between two checkpoints that lose least (Young, Daly)
	Lost     float64 `json:"lost"`     // share of the time that checkpoints and failures cost
	Evicted  float64 `json:"evicted"`  // minutes that an eviction of a Spot node costs on average
}

// HoursBetweenFailures is of one GPU: 419 unexpected interruptions in 54 days
// on 16384 H100 (The Llama 3 Herd of Models, arXiv:2407.21783, table 5).
const HoursBetweenFailures = 54 * 24 * 16384 / 419.

// A checkpoint to resume from, in bytes a parameter: weights in 16 bits, and
// weights, momentum and variance of the optimizer in 32 (sizing 1.6).
const checkpointBytes = 14

// adapterShare is what adapters have of a model's parameters, of rank 64 on all
// matrices of a large model.
const adapterShare = 0.01

// again is the minutes until a run goes on after a failure: nodes that start,
// weights that load (a usual value, not a measured one).
const again = 10

// CheckpointOf returns the checkpoints of a run on so many GPUs that may stand
// still for pause seconds to write one.
func CheckpointOf(m Arch, method Method, gpus int, pause float64) Checkpoint {
	k := Checkpoint{Bytes: m.Params * checkpointBytes, Pause: pause, Failures: HoursBetweenFailures / float64(gpus)}
	if method.adapters() {
		k.Bytes *= adapterShare
	}
	k.Write = k.Bytes / pause
	k.Interval = math.Sqrt(2*pause*k.Failures*3600) / 60
	k.Lost = pause/60/k.Interval + (k.Interval/2+again)/(k.Failures*60)
	k.Evicted = k.Interval/2 + again
	return k
}
