/*
 * The limit: what a program without a runtime can do. Each of some threads runs the plugin over and over, with pipes for
 * stdin, stdout and stderr. Prints the median latency in milliseconds and the calls per second.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char params[] = "{\"dbg\":\"bench\"}\n";
static char *argv_[] = {NULL, "--json", NULL};
static char *environment[] = {NULL};
static int calls, next_call;
static double *latencies;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void call(void) {
  int in[2], out[2], err[2], status;
  char reply[4096];
  pid_t pid;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) abort();
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  if (posix_spawn(&pid, argv_[0], &actions, &attributes, argv_, environment)) abort();
  close(in[0]), close(out[1]), close(err[1]);
  if (write(in[1], params, sizeof params - 1) < 0) abort();
  close(in[1]);
  while (read(out[0], reply, sizeof reply) > 0)
    ;
  while (read(err[0], reply, sizeof reply) > 0)
    ;
  close(out[0]), close(err[0]);
  if (waitpid(pid, &status, 0) != pid || status) abort();
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
}

static void *caller(void *unused) {
  int number;
  while ((number = __atomic_fetch_add(&next_call, 1, __ATOMIC_RELAXED)) < calls) {
    double start = now();
    call();
    latencies[number] = now() - start;
  }
  return unused;
}

static int compare(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int argc, char **argv) {
  int callers = argc == 4 ? atoi(argv[2]) : 0, i;
  pthread_t threads[64];
  double start;
  if (callers < 1 || callers > 64) return 2;
  argv_[0] = argv[1];
  calls = atoi(argv[3]);
  latencies = calloc(calls, sizeof *latencies);
  start = now();
  for (i = 0; i < callers; i++) pthread_create(&threads[i], NULL, caller, NULL);
  for (i = 0; i < callers; i++) pthread_join(threads[i], NULL);
  start = now() - start;
  qsort(latencies, calls, sizeof *latencies, compare);
  printf("%f %f\n", latencies[calls / 2], calls / start * 1e3);
  return 0;
}
