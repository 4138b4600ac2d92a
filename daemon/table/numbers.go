package table

// A service serves so many connections at once, and keeps so many contexts warm for
// those to come. What makes no sense among these numbers is refused if it was asked
// for; what was not asked for gives way.

// checkNumbers refuses what does not go together among the numbers that are given.
func (s ServiceSpec) checkNumbers() error {
	return checkNumbers(s.Name, s.StartServers, s.MaxClients, s.MinSpareServers, s.MaxSpareServers)
}

func checkNumbers(service string, start, most, minSpare, maxSpare int) error {
	if most > 0 && start > most {
		return Refuse(ErrInvalid, "service %q: startservers is %d, expected no more than maxclients, which is %d", service, start, most)
	}
	if maxSpare > 0 && minSpare > maxSpare {
		return Refuse(ErrInvalid, "service %q: minspareservers is %d, expected no more than maxspareservers, which is %d", service, minSpare, maxSpare)
	}
	return nil
}

// setNumbers takes over the numbers that spec gives. ErrInvalid, if one does not go
// together with another that stays: maxclients is raised by nobody who asks for
// something else.
func (s *Service) setNumbers(spec *ServiceSpec) error {
	start, most := s.StartServers, s.MaxClients
	minSpare, maxSpare := s.MinSpareServers, s.MaxSpareServers
	set := func(value *int, given int) {
		if given != 0 {
			*value = given
		}
	}
	set(&start, spec.StartServers)
	set(&most, spec.MaxClients)
	set(&minSpare, spec.MinSpareServers)
	set(&maxSpare, spec.MaxSpareServers)
	if spec.StartServers == 0 {
		start = min(start, most)
	}
	if spec.MinSpareServers == 0 {
		minSpare = min(minSpare, maxSpare)
	} else if spec.MaxSpareServers == 0 {
		maxSpare = max(minSpare, maxSpare)
	}
	if err := checkNumbers(s.Name, start, most, minSpare, maxSpare); err != nil {
		return err
	}
	s.StartServers, s.MaxClients, s.MinSpareServers, s.MaxSpareServers = start, most, minSpare, maxSpare
	return nil
}
