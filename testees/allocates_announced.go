// A server of class framing as most are written in Go: it allocates what a length announces, whatever
// that is, before an octet of it has come. allocates_announced PORT.
package main

import (
	"encoding/binary"
	"io"
	"net"
	"os"
)

func serve(c net.Conn) {
	defer c.Close()
	for {
		var n uint32
		if binary.Read(c, binary.BigEndian, &n) != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		binary.Write(c, binary.BigEndian, n)
		c.Write(b)
	}
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			continue
		}
		go serve(c)
	}
}
