/**
 * Sets a loop device up that bypasses the page cache from its beginning (LOOP_CONFIGURE, since Linux 5.8). losetup can
 * only turn that on afterwards, for which the kernel waits until no processor can be using the device: tens of
 * milliseconds where it is busy. In Perl, which is part of every Debian and starts in the time of a shell.
 */

/** Arguments: the file, the first byte of it, the size limit, and 1 for a read-only device. Prints the device's path. */
export const LOOP_SETUP = String.raw`
my ($path, $offset, $limit, $readonly) = @ARGV;
my $mode = $readonly ? '<' : '+<';
open(my $file, $mode, $path) or die "$path: $!\n";
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
