/** SRs in namespaces of a Ceph pool, whose records are copies of one volume's. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CEPH_NEEDS, cephCluster } from '../../test/support/servers/ceph.ts'
import { ENVIRONMENT } from '../measure.ts'
import { makeSr, runChecked, type StockDescription } from './stock.ts'

const PYTHON = '/usr/bin/python3'

/** Copies the record of a volume, whose image is that of all: it is only looked at. */
const COPY = `
import sys, uuid
from common import *
object, key, count = sys.argv[4], "volume/" + sys.argv[5], int(sys.argv[6])
with rados.ReadOpCtx() as op:
    values, _ = io.get_omap_vals_by_keys(op, (key,))
    io.operate_read_op(op, object)
    record = dict(values)[key]
for start in range(1, count, 1000):
    keys = tuple("volume/" + str(uuid.uuid4()) for _ in range(start, min(start + 1000, count)))
    with rados.WriteOpCtx() as op:
        io.set_omap(op, keys, (record,) * len(keys))
        io.operate_write_op(op, object)
`

/** Reads what SR.ls has to: each volume's record, and the map of the objects of each image. */
const READ_ONCE = `
import sys, json
from common import *
records, after = [], ""
while True:
    with rados.ReadOpCtx() as op:
        values, _ = io.get_omap_vals(op, after, "volume/", 1000)
        io.operate_read_op(op, sys.argv[4])
        batch = list(values)
    records += [json.loads(value) for _, value in batch]
    if len(batch) < 1000:
        break
    after = batch[-1][0]
maps, waiting = [], []
for record in records:
    size = record["size"]
    waiting.append(io.aio_read("rbd_object_map." + record["image_id"], 19 + size // (4 << 20) // 4, 0, lambda _, data: maps.append(data)))
    if len(waiting) >= 1000:
        waiting.pop(0).wait_for_complete_and_cb()
for completion in waiting:
    completion.wait_for_complete_and_cb()
print(json.dumps(records))
cluster.shutdown()
`

const COMMON = `
import sys, rados
cluster = rados.Rados(conffile=sys.argv[1])
cluster.connect()
io = cluster.open_ioctx(sys.argv[2])
io.set_namespace(sys.argv[3])
`

export const rbdStock: StockDescription = {
  type: 'rbd',
  needs: [...CEPH_NEEDS, 'python3-rbd'],
  peer: 'reading the same records and maps once, in Python',
  async start(plugin, scratch) {
    const ceph = await cephCluster()
    writeFileSync(join(scratch, 'common.py'), COMMON)
    const python = (name: string, text: string, namespace: string, ...args: readonly string[]): string => {
      const file = join(scratch, `${name}.py`)
      writeFileSync(file, text)
      return runChecked([PYTHON, '-B', file, ceph.configuration, ceph.pool, namespace, OBJECT, ...args], ENVIRONMENT)
    }
    return {
      async fill(count) {
        const namespace = `of-${count}`
        const uri = `rbd://${ceph.pool}/${namespace}?conf=${ceph.configuration}`
        const { sr, key } = await makeSr(plugin, { uri }, 2 ** 30)
        python('copy', COPY, namespace, key, String(count))
        return { sr, key, readOnce: () => void python('read-once', READ_ONCE, namespace) }
      },
      remove: () => ceph.remove(),
    }
  },
}

/** The object that the plugin keeps its records in. */
const OBJECT = 'smapiv3.sr'
