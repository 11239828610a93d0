/* Does what the first word of its params' dbg says; reads its params to the end of file. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  static char params[4096];
  const char *wish;
  size_t length = fread(params, 1, sizeof params - 1, stdin);
  params[length] = 0;
  wish = strstr(params, "\"dbg\":\"");
  wish = wish ? wish + 7 : "";
  if (!strncmp(wish, "error", 5)) {
    puts("{\"code\":\"SR_BACKEND_FAILURE\",\"params\":[\"KeyError\",\"x\"],\"backtrace\":{\"error\":\"\",\"files\":[],\"lines\":[]}}");
    return 1;
  }
  if (!strncmp(wish, "bad-json", 8)) return puts("{\"a\":1,}") < 0;
  if (!strncmp(wish, "signal", 6)) raise(SIGSEGV);
  if (!strncmp(wish, "sleep", 5)) sleep(1000);
  if (!strncmp(wish, "stderr", 6)) {
    int i;
    for (i = 0; i < 4000; i++) fprintf(stderr, "line %d of a long complaint\n", i);
  }
  /* The child keeps all three descriptors open for a while. */
  if (!strncmp(wish, "background", 10) && fork() == 0) {
    usleep(20000);
    _exit(0);
  }
  puts("\"fine\"");
  return 0;
}
