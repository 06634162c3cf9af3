/* A right server of class framing (it sends back what it reads) that forks or signals in every way
 * that could leave a process behind: forks MODE PORT DIR. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
static const char *mode;

static int is(const char *name) { return strcmp(mode, name) == 0; }
static int has(const char *part) { return strstr(mode, part) != NULL; }

static void close_streams(void) {
    int null = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; stream++) dup2(null, stream);
}

/* fork, setsid, fork; returns in the grandchild only (and in the caller if it stays). */
static int daemonise(int parents_exit) {
    if (fork()) {
        if (parents_exit) _exit(0);
        return 0;
    }
    setsid();
    if (fork()) _exit(0);
    if (has("closed")) close_streams();
    return 1;
}

static void linger(void) {
    for (;;) pause();
}

/* A process that is gone before anybody can look at it, and has a child by then. */
static void chase(void) {
    for (;;) {
        if (fork()) _exit(0);
        setsid();
        usleep(200);
    }
}

static void serve(int port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)) {
        perror("listen");
        exit(1);
    }
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        if (fork()) {
            close(client);
            continue;
        }
        static char octets[65536];
        ssize_t length;
        while ((length = read(client, octets, sizeof octets)) > 0)
            for (ssize_t sent = 0, once; sent < length; sent += once)
                if ((once = write(client, octets + sent, length - sent)) < 0) _exit(0);
        _exit(0);
    }
}

/* The first thread of a program that leaves its work to another one. */
static pthread_t first;

static void *serve_alone(void *port) {
    pthread_join(first, NULL);
    serve(*(int *)port);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    mode = argv[1];
    static int port;
    port = atoi(argv[2]);
    const int numbers[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, SIGINT, SIGALRM, SIGPIPE, SIGTSTP, SIGQUIT, SIGABRT};
    if (has("deaf")) signal(SIGTERM, SIG_IGN);
    if (is("daemon") || is("daemon-closed") || is("daemon-deaf")) daemonise(1);
    if (is("daemon-kills")) {
        daemonise(1);
        /* Whoever is the parent by now. */
        for (int tries = 0; tries < 100 && getppid() > 1; tries++) kill(getppid(), SIGKILL);
    }
    if (is("beside") || is("beside-closed")) {
        if (daemonise(0)) linger();
    }
    if (is("beside-deaf")) {
        if (!fork()) {
            setsid();
            linger();
        }
    }
    if (is("chain") && !fork()) {
        for (int depth = 0; depth < 30 && !fork(); depth++)
            if (depth % 3 == 0) setsid();
        linger();
    }
    if (is("chaser") && !fork()) chase();
    if (is("signals"))
        for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) kill(getppid(), numbers[i]);
    if (is("realtime"))
        for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++) kill(getppid(), signal);
    if (is("stops-guard")) kill(getppid(), SIGSTOP);
    if (is("kills-guard")) kill(getppid(), SIGKILL);
    if (is("kills-guard-closed")) {
        if (daemonise(0)) {
            if (chdir("/")) return 1;
            linger();
        }
        usleep(2000);
        kill(getppid(), SIGKILL);
    }
    if (is("unreadable") || is("deep")) {
        if (chdir(argv[3])) return 1;
        for (int depth = 0; depth < (is("deep") ? 3000 : 3); depth++)
            if (mkdir("d", 0700) || chdir("d")) break;
        close(open("file", O_CREAT | O_WRONLY, 0600));
        if (is("unreadable")) {
            if (chdir("..") || chmod("d", 0)) return 1;
            if (chdir(argv[3]) || chmod("d", 0) || chmod(argv[3], 0)) return 1;
        }
    }
    if (is("first-thread-ends")) {
        pthread_t other;
        first = pthread_self();
        if (pthread_create(&other, NULL, serve_alone, &port)) return 1;
        pthread_exit(NULL);
    }
    serve(port);
}
