/**
 * The text of the import server. It passes each connection on to the NBD server of the disk's daemon, and puts the name
 * of the disk's export in the place of whatever name the client asks for: the client has never heard of it.
 *
 * Options that name an export (NBD protocol, "option types"): 1 EXPORT_NAME, whose data is the name; 6 INFO, 7 GO,
 * 9 LIST_META_CONTEXT and 10 SET_META_CONTEXT, whose data begins with the length of the name. The first message of the
 * client that is no option is a request of the transmission phase, after which nothing is looked at.
 */
export const IMPORT_SERVER = `
import array, os, socket, struct, sys, threading

path, server = sys.argv[1:3]
export = os.fsencode(sys.argv[3])
FAMILY = socket.AF_UNIX, socket.SOCK_STREAM
DESCRIPTORS = 16
LONGEST_OPTION = 1 << 20

def read(source, length):
    data = b''
    while len(data) < length:
        part = source.recv(length - len(data))
        if not part:
            raise EOFError
        data += part
    return data

def copy(source, target):
    while True:
        data = source.recv(1 << 20)
        if not data:
            return
        target.sendall(data)

def renamed(option, data):
    if option == 1:
        return export
    if option in (6, 7, 9, 10):
        end = 4 + struct.unpack('>I', data[:4])[0]
        return struct.pack('>I', len(export)) + export + data[end:]
    return data

def negotiate(client, daemon):
    daemon.sendall(read(client, 4))
    while True:
        start = read(client, 4)
        if start != b'IHAV':
            daemon.sendall(start)
            return copy(client, daemon)
        rest = read(client, 12)
        option, length = struct.unpack('>II', rest[4:])
        if length > LONGEST_OPTION:
            return
        data = renamed(option, read(client, length))
        daemon.sendall(start + rest[:8] + struct.pack('>I', len(data)) + data)

def one_way(pass_on, source, target):
    try:
        pass_on(source, target)
    except (EOFError, OSError, struct.error):
        pass
    for end in source, target:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

def serve(descriptor):
    with socket.socket(fileno=descriptor) as client, socket.socket(*FAMILY) as daemon:
        daemon.connect(server)
        back = threading.Thread(target=one_way, args=(copy, daemon, client), daemon=True)
        back.start()
        one_way(negotiate, client, daemon)
        back.join()

def receive(connection):
    with connection:
        while True:
            data, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4 * DESCRIPTORS))
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    descriptors = array.array('i')
                    descriptors.frombytes(content[:len(content) - len(content) % descriptors.itemsize])
                    for descriptor in descriptors:
                        threading.Thread(target=serve, args=(descriptor,), daemon=True).start()
            if not data:
                return

listener = socket.socket(*FAMILY)
listener.bind(path + '.new')
os.chmod(path + '.new', 0o600)
listener.listen()
os.rename(path + '.new', path)
mine = os.stat(path).st_ino
listener.settimeout(1)
while True:
    try:
        connection = listener.accept()[0]
        connection.setblocking(True)
        threading.Thread(target=receive, args=(connection,), daemon=True).start()
    except socket.timeout:
        pass
    try:
        if os.stat(path).st_ino != mine:
            break
    except OSError:
        break
`
