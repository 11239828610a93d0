/* The quickest plugin there is: reads its params to the end of file and answers with a text. */
#include <unistd.h>

int main(void) {
  char params[4096];
  while (read(0, params, sizeof params) > 0)
    ;
  return write(1, "\"fine\"\n", 7) != 7;
}
