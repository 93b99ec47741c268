// Package docs holds the documentation; its tests hold it to the code.
package docs
