// Package ext replaces a nested module of Traefik that is not published: extension points, which are empty in the
// open-source edition.
package ext

type HTTP struct{}

type Router struct{}
