/* Sends frames back. The mistake: read gives what is there, up to the size of the buffer. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int connection) {
    static char payload[1 << 20];
    uint32_t header;
    while (read(connection, &header, 4) > 0) {
        uint32_t length = ntohl(header) % sizeof payload;
        if (length > 0)
            read(connection, payload, length);
        write(connection, &header, 4);
        write(connection, payload, length);
    }
}

int main(int count, char **words) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(count > 1 ? atoi(words[1]) : 0),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64))
        return 1;
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (fork() == 0) {
            close(listener);
            serve(connection);
            _exit(0);
        }
        close(connection);
    }
}
