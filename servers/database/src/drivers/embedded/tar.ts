const BLOCK = 512;

/** The plain files of a tar archive. */
export function* readTar(archive: Buffer): Generator<{ name: string; content: Buffer }> {
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(text(header, 124, 12), 8);
    const type = text(header, 156, 1);
    const prefix = text(header, 345, 155);
    const name = text(header, 0, 100);
    at += BLOCK;
    if (type === "0" || type === "")
      yield {
        name: (prefix === "" ? name : `${prefix}/${name}`).replace(/^\.\//, ""),
        content: archive.subarray(at, at + size),
      };
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}

function text(header: Buffer, from: number, length: number): string {
  return header.toString("latin1", from, from + length).replace(/\0.*$/s, "");
}
