package control

import (
	"slices"

	"ktcpvs/daemon/table"
	"ktcpvs/proto"
)

// module stages that a scheduler is loaded, or unloaded, which no service may use
// then. To a table that replaces another it is the same whether one was loaded.
func (t *transaction) module(cmd proto.Command, name string) error {
	loaded, err := t.control.modules.Has(name)
	if err != nil {
		return err
	}
	if staged, ok := t.modules[name]; ok {
		loaded = staged
	}
	loaded = loaded || t.tx.Uses(name)
	switch {
	case cmd == proto.CmdNewModule && loaded && !t.replacing:
		return table.Refuse(table.ErrExists, "scheduler %q", name)
	case cmd == proto.CmdDelModule && !loaded:
		return table.Refuse(table.ErrNoScheduler, "scheduler %q", name)
	case cmd == proto.CmdDelModule && t.tx.Uses(name):
		return table.Refuse(table.ErrBusy, "a service uses scheduler %q", name)
	}
	t.modules[name] = cmd == proto.CmdNewModule
	return nil
}

// loadedAfter reports whether a scheduler is loaded once everything that was staged
// has taken effect. Where modules are named in a table that replaces another, no
// others are than these and those that services use.
func (t *transaction) loadedAfter(name string) bool {
	loaded, _ := t.control.modules.Has(name)
	if staged, ok := t.modules[name]; ok || t.replacing && len(t.modules) > 0 {
		loaded = staged
	}
	return loaded || users(t.next, name) > 0
}

func (t *transaction) settleModules() {
	registry := t.control.modules
	for _, name := range registry.Names() {
		registry.Set(name, t.loadedAfter(name))
	}
}

// users is how many services use a scheduler.
func users(snapshot *table.Snapshot, name string) (n uint32) {
	for _, svc := range snapshot.Services {
		if svc.Scheduler.Name == name {
			n++
		}
	}
	return n
}

func (c *Control) listModules(only string) []proto.Module {
	loaded := c.modules.Loaded()
	var modules []proto.Module
	for _, name := range c.modules.Names() {
		if only == "" || name == only {
			modules = append(modules, proto.Module{
				Name:   name,
				Loaded: slices.Contains(loaded, name),
				Users:  users(c.store.Snapshot(), name),
			})
		}
	}
	return modules
}
