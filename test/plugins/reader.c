/* Reads one line, or to the end of file if its name says so, and answers with the number of bytes. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  const char *slash = strrchr(argv[0], '/');
  int to_end = strstr(slash ? slash : argv[0], "until-eof") != NULL;
  long bytes = 0;
  int c;
  (void)argc;
  while ((c = getchar()) != EOF) {
    bytes++;
    if (c == '\n' && !to_end) break;
  }
  printf("\"%ld bytes\"\n", bytes);
  return 0;
}
