package control

import (
	"slices"

	"ktcpvs/proto"
)

func (c *Control) load(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.modules.Load(name)
}

// unload unloads a scheduler that no service uses. mu keeps a service from
// taking it into use meanwhile.
func (c *Control) unload(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.modules.Unload(name, c.users(name) > 0)
}

// users is how many services use a scheduler.
func (c *Control) users(name string) (n uint32) {
	for _, svc := range c.store.Snapshot().Services {
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
				Users:  c.users(name),
			})
		}
	}
	return modules
}
