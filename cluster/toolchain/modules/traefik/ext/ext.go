// Package ext stands in for a nested module of Traefik that is not published: extension points, empty in the open edition.
package ext

type HTTP struct{}

type Router struct{}
