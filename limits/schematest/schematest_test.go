package schematest_test
import ("testing";"time";"airfield/limits/schematest")
func TestX(t *testing.T){ s:=time.Now(); schematest.Open(t); t.Log(time.Since(s)) }
