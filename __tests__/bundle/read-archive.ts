import { spawnSync } from 'node:child_process'
import { runPython } from '../make/python.ts'

export type ArchiveEntry = {
  readonly name: string
  readonly kind: 'file' | 'link' | 'other'
  readonly mode: number
  /** Seconds since the epoch. */
  readonly mtime: number
  /** Of a link: where it leads. */
  readonly target: string
  /** Of a file: its first 64 kB. */
  readonly content: string
  readonly sha256: string
}

/** Python's own reader, in the mode that refuses whatever is not quite a tar.gz. */
const READER = `
import hashlib, io, json, sys, tarfile
entries = []
with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), mode="r:gz", errorlevel=2) as archive:
    for entry in archive:
        content = archive.extractfile(entry).read() if entry.isreg() else b""
        assert len(content) == entry.size or not entry.isreg()
        entries.append({
            "name": entry.name,
            "kind": "file" if entry.isreg() else "link" if entry.issym() else "other",
            "mode": entry.mode,
            "mtime": entry.mtime,
            "target": entry.linkname,
            "content": content[:65536].decode("utf-8", "replace"),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
print(json.dumps(entries))
`

/** What another program finds in a tar.gz: its entries in their order. */
export function readArchive(archive: Buffer): ArchiveEntry[] {
  return runPython(READER, { input: archive }) as ArchiveEntry[]
}

/** Unpacks a tar.gz with the machine's own tar. */
export function unpackArchive(archive: Buffer, folder: string): void {
  const { status, stderr, error } = spawnSync('tar', ['-xzpf', '-', '-C', folder], { input: archive })
  if (error) throw error
  if (status !== 0) throw new Error(stderr.toString())
}
