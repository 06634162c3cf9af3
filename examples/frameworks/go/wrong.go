// Sends frames back. The mistake: Read gives what is there, up to the length of the slice.
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
)

func serve(connection net.Conn) {
	defer connection.Close()
	for {
		header := make([]byte, 4)
		if _, err := connection.Read(header); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(header)%(1<<20))
		if len(payload) > 0 {
			if _, err := connection.Read(payload); err != nil {
				return
			}
		}
		connection.Write(append(header, payload...))
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection)
	}
}
