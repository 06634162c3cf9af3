// Sends frames back. io.ReadFull reads until the slice is full, and says where the stream ended before.
package main

import (
	"encoding/binary"
	"io"
	"log"
	"net"
	"os"
)

const limit = 1 << 20

func serve(connection net.Conn) {
	defer connection.Close()
	for {
		header := make([]byte, 4)
		if _, err := io.ReadFull(connection, header); err != nil {
			return
		}
		length := binary.BigEndian.Uint32(header)
		if length > limit {
			return
		}
		payload := make([]byte, length)
		if _, err := io.ReadFull(connection, payload); err != nil {
			return
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
