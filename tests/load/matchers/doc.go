// Package matchers compares ways to match a URI with many expressions, without a
// proxy around them: ours, the standard library's regexp one by one, and RE2's sets,
// for which re2set is built where g++ and libre2-dev are.
package matchers
