/* Sends frames back. `whole` reads or writes again until all octets have passed. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT (1 << 20)

/* 1 if all octets have passed, 0 if the stream has ended. */
static int whole(ssize_t (*pass)(int, void *, size_t), int connection, char *octets, size_t count) {
    while (count > 0) {
        ssize_t passed = pass(connection, octets, count);
        if (passed < 0 && errno == EINTR)
            continue;
        if (passed <= 0)
            return 0;
        octets += passed;
        count -= passed;
    }
    return 1;
}

static ssize_t put(int connection, void *octets, size_t count) {
    return write(connection, octets, count);
}

static void serve(int connection) {
    static char frame[4 + LIMIT];
    uint32_t header;
    while (whole(read, connection, (char *)&header, 4)) {
        uint32_t length = ntohl(header);
        if (length > LIMIT)
            return;
        memcpy(frame, &header, 4);
        if (!whole(read, connection, frame + 4, length) || !whole(put, connection, frame, 4 + length))
            return;
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
    signal(SIGCHLD, SIG_IGN);
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
