/**
 * Sets a loop device up that bypasses the page cache from its beginning (LOOP_CONFIGURE, since Linux 5.8). losetup can
 * only turn that on afterwards, for which the kernel waits until no processor can be using the device: tens of
 * milliseconds where it is busy. In Perl, which is part of every Debian and starts in the time of a shell.
 *
 * Where the file is one of FUSE whose server takes one request at a time, the kernel is told so first (`max_background` of
 * the connection, which holds for the requests of such a device). It says so in a file system of its own, fusectl, which
 * need not be mounted anywhere: fsopen, fsconfig and fsmount (since Linux 5.2, with the same numbers on all processors
 * that Debian has) open it for this process alone.
 *
 * Where the file is about to be mounted on, it waits until it is another one: it starts while that is done. It ends where
 * the file is removed or who started it has died.
 */

/**
 * Arguments: the file, the first byte of it, the size limit, 1 for a read-only device, and 1 for one request at a time;
 * where the file is about to be mounted on, the device number that it has before, and the process that waits for the answer.
 * Prints the device's path.
 */
export const LOOP_SETUP = String.raw`
my ($path, $offset, $limit, $readonly, $one, $before, $parent) = @ARGV;
while ($before) {
  defined(my $now = (stat $path)[0]) or die "$path: $!\n";
  # Also where it has been mounted on by now: whoever cleans up may have looked already.
  getppid() == $parent or die "nobody waits for the device\n";
  last if $now != $before;
  select(undef, undef, undef, 0.0005);
}
my $mode = $readonly ? '<' : '+<';
open(my $file, $mode, $path) or die "$path: $!\n";
if ($one) {
  my ($FSOPEN, $FSCONFIG, $FSMOUNT, $CREATE, $CLOEXEC) = (430, 431, 432, 6, 1);
  my ($device, $type) = ((stat $file)[0], 'fusectl');
  my $connection = ($device & 0xff) | ($device >> 12 & 0xfff00);
  (my $context = syscall($FSOPEN, $type, $CLOEXEC)) >= 0 or die "fsopen: $!\n";
  syscall($FSCONFIG, $context, $CREATE, 0, 0, 0) == 0 or die "fsconfig: $!\n";
  (my $mount = syscall($FSMOUNT, $context, $CLOEXEC, 0)) >= 0 or die "fsmount: $!\n";
  open(my $requests, '>', "/proc/self/fd/$mount/$connection/max_background") or die "max_background: $!\n";
  print $requests 1;
  close($requests) or die "max_background: $!\n";
}
open(my $control, '+<', '/dev/loop-control') or die "/dev/loop-control: $!\n";
my ($GET_FREE, $CONFIGURE, $BLOCK_SIZE, $DIRECT_IO) = (0x4c82, 0x4c0a, 512, 16);
for (1 .. 10) {
  defined(my $number = ioctl($control, $GET_FREE, 0)) or die "LOOP_CTL_GET_FREE: $!\n";
  my $device = '/dev/loop' . ($number + 0);
  open(my $loop, $mode, $device) or next;
  my @info = (0, 0, 0, $offset, $limit, 0, 0, 0, $DIRECT_IO | $readonly, $path);
  my $config = pack('L2 Q5 L4 Z64 x96 x16 x64', fileno($file), $BLOCK_SIZE, @info);
  # Another process can have taken the free device.
  if (ioctl($loop, $CONFIGURE, $config)) { print $device; exit }
}
die "no free loop device: $!\n";
`
