/* Clients with one planted mistake each: MISTAKE HOST PORT. Each asks twice and checks the answer. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int connection;
static char buffer[4096];
static size_t held;

static void check(int right, const char *what)
{
    if (!right) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

/* Reads once, and keeps it behind what is held. Says where it begins. */
static size_t more(void)
{
    size_t before = held;
    ssize_t count = read(connection, buffer + held, sizeof buffer - 1 - held);
    check(count > 0, "the stream ended");
    held += (size_t)count;
    buffer[held] = 0;
    return before;
}

static void drop(size_t count)
{
    held -= count;
    memmove(buffer, buffer + count, held + 1);
}

/* A line end is looked for in each read alone. */
static void line(int right)
{
    for (;;) {
        size_t from = more();
        if (strstr(right ? buffer : buffer + from, "\r\n"))
            break;
    }
    check(!strcmp(buffer, "+OK done\r\n"), "wrong line");
    drop(held);
}

/* $12\r\n, 12 octets, \r\n: the line end behind the octets is taken to have come with them. */
static void bulk(int right)
{
    while (!strstr(buffer, "\r\n"))
        more();
    size_t length = (size_t)atoi(buffer + 1);
    size_t start = (size_t)(strstr(buffer, "\r\n") + 2 - buffer);
    check(buffer[0] == '$' && length == 12, "wrong prefix");
    while (held < start + length + (right ? 2 : 0))
        more();
    check(!memcmp(buffer + start, "hello, world", 12), "wrong octets");
    drop(held < start + length + 2 ? start + length : start + length + 2);
}

/* A header that comes in two reads is taken for an error. */
static void header(int right)
{
    unsigned char head[4];
    size_t got = 0;
    while (got < sizeof head) {
        ssize_t count = read(connection, head + got, sizeof head - got);
        check(count > 0 && (right || count == sizeof head), "short header");
        got += (size_t)count;
    }
    size_t left = (size_t)head[2] << 8 | head[3];
    while (left > 0) {
        ssize_t count = read(connection, buffer, left);
        check(count > 0, "the stream ended");
        left -= (size_t)count;
    }
}

int main(int argc, char **argv)
{
    check(argc == 4, "usage: MISTAKE HOST PORT");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
    inet_pton(AF_INET, argv[2], &address.sin_addr);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    check(!connect(connection, (struct sockaddr *)&address, sizeof address), "cannot connect");
    int right = !strncmp(argv[1], "right", 5);
    for (int turn = 0; turn < 2; turn++) {
        check(write(connection, "go\n", 3) == 3, "cannot write");
        if (strstr(argv[1], "line"))
            line(right);
        else if (strstr(argv[1], "bulk"))
            bulk(right);
        else
            header(right);
    }
    return 0;
}
