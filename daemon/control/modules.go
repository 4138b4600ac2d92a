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

// settleModules loads and unloads what was staged. Where modules are named in a
// table that replaces another, no others are loaded afterwards than these and those
// that services use.
func (t *transaction) settleModules() {
	registry := t.control.modules
	for _, name := range registry.Names() {
		loaded, _ := registry.Has(name)
		if staged, ok := t.modules[name]; ok || t.replacing && len(t.modules) > 0 {
			loaded = staged
		}
		registry.Set(name, loaded || users(t.next, name) > 0)
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
