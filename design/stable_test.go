package design_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/design"
	"airfield/design/designtest"
	"airfield/source"
	"airfield/tenant"
)

// snapshot gives the bytes of a design's tenant, without the places in the
// estate, which move when lines are added above them.
func snapshot(t *testing.T, d *design.Design) string {
	t.Helper()
	var b tenant.Builder
	for r := range d.Tenant.All() {
		b.Add(arm.Resource{ID: r.ID, Body: r.Body, Theirs: r.Theirs})
	}
	whole, _ := b.Tenant()
	var out bytes.Buffer
	if err := whole.Write(&out, tenant.Plain); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// relock writes a lock and reads it again.
func relock(t *testing.T, l *design.Lock) *design.Lock {
	t.Helper()
	return lockOf(t, l.String())
}

// lockOf reads a lock.
func lockOf(t *testing.T, text string) *design.Lock {
	t.Helper()
	f, _ := source.NewFile("estate.lock", []byte(text))
	again, found := design.ReadLock(f)
	if len(found) > 0 {
		t.Fatal(found)
	}
	return again
}

func TestSameInputSameBytes(t *testing.T) {
	for seed := range uint64(10) {
		a := of(t, designtest.Estate(seed, 6), nil)
		b := of(t, designtest.Estate(seed, 6), relock(t, a.Lock))
		if snapshot(t, a) != snapshot(t, b) || a.Lock.String() != b.Lock.String() {
			t.Errorf("seed %d: the second design differs", seed)
		}
		if changes := b.Lock.Changes(a.Lock); len(changes) > 0 {
			t.Errorf("seed %d: the lock changed: %v", seed, changes)
		}
	}
}

// TestAddingAWorkload adds a workload in front of the others, and wants no
// resource of another workload changed or taken away.
func TestAddingAWorkload(t *testing.T) {
	for seed := range uint64(20) {
		before := of(t, designtest.Estate(seed, 5), nil)
		text := designtest.Estate(seed, 6)
		last := bytes.LastIndex(text, []byte("  w5:\n"))
		head := bytes.Index(text, []byte("workloads:\n")) + len("workloads:\n")
		moved := append(append(bytes.Clone(text[:head]), text[last:]...), text[head:last]...)
		after := of(t, moved, relock(t, before.Lock))
		for c := range tenant.Diff(before.Tenant, after.Tenant) {
			if c.Kind != tenant.Added {
				if !c.ID.Type().Equal(budgets) || !onGroup(c.ID) { // a sum
					t.Errorf("seed %d: %s %s %v", seed, c.Kind, c.ID, c.Paths)
				}
			} else if !strings.Contains(string(c.ID), "w5") && !strings.Contains(string(c.ID), "managementGroups") && !c.After.Theirs {
				t.Errorf("seed %d: added %s", seed, c.ID)
			}
		}
		back := of(t, designtest.Estate(seed, 5), relock(t, after.Lock))
		if snapshot(t, back) != snapshot(t, before) || back.Lock.String() != before.Lock.String() {
			t.Errorf("seed %d: taking the workload away again leaves something behind", seed)
		}
	}
}

// zoned puts every zone of a lock to 2.
func zoned(lock string) string {
	var b strings.Builder
	for line := range strings.Lines(lock) {
		if strings.HasPrefix(line, "zone ") {
			line = line[:len(line)-2] + "2\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestRenamingMovesNobody(t *testing.T) {
	for seed := range uint64(10) {
		text := designtest.Estate(seed, 4)
		before := of(t, text, nil)
		// What another catalog, or another zone, would be locked to.
		f, _ := source.NewFile("estate.lock", []byte(strings.ReplaceAll(zoned(before.Lock.String()), "Standard_NC24ads_A100_v4 1", "Standard_NC40ads_H100_v5 1")))
		lock, found := design.ReadLock(f)
		if len(found) > 0 {
			t.Fatal(found)
		}
		before = of(t, text, lock)
		renamed := bytes.Replace(text, []byte("  w2:\n"), []byte("  renamed:\n    formerly: w2\n    project: w2\n"), 1)
		after := of(t, renamed, relock(t, before.Lock))
		for c := range tenant.Diff(before.Tenant, after.Tenant) {
			t.Errorf("seed %d: %s %s %v", seed, c.Kind, c.ID, c.Paths)
		}
	}
}

// TestKnownSubscriptions writes the ids of subscriptions into the lock, as
// after vending, and wants the same landing zone at those ids.
func TestKnownSubscriptions(t *testing.T) {
	before := example(t, "contoso")
	lock := before.Lock.String()
	const id = "6f1d0a52-0000-4000-8000-0000000000f1"
	f, _ := source.NewFile("estate.lock", []byte(strings.Replace(lock, "\n", "\nsubscription orion-prod "+id+"\n", 1)))
	l, found := design.ReadLock(f)
	if len(found) > 0 {
		t.Fatal(found)
	}
	after := exampleLocked(t, "contoso", l)
	count := func(d *design.Design, scope arm.ID) (ids []string) {
		for r := range d.Tenant.Range(scope) {
			if !r.Theirs {
				ids = append(ids, strings.TrimPrefix(string(r.ID), string(scope)))
			}
		}
		return ids
	}
	a, b := count(before, "/subscriptions/@con-orion-prod"), count(after, arm.Subscription(id))
	if fmt.Sprint(a) != fmt.Sprint(b) || len(a) < 10 {
		t.Errorf("have %d resources, want %d\n%v\n%v", len(b), len(a), b, a)
	}
	if _, ok := after.Tenant.Get("/providers/Microsoft.Subscription/aliases/con-orion-prod"); !ok {
		t.Error("the alias is gone: deploying that would cancel the subscription")
	}
}
