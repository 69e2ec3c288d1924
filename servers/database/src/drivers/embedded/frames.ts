/** Postgres' wire protocol, version 3: a type, a length that counts itself, a body. */

export interface Frame {
  /** Empty for the first message of a connection, which has none. */
  readonly type: string;
  /** All of it. */
  readonly bytes: Buffer;
}

/** Longer ones are not sent by any driver of ours. */
const MAX_FRAME_BYTES = 256_000_000;

/** Cuts what arrives into messages; `startup()` says that the next one has no type. */
export function createFrameSplitter() {
  let rest: Buffer = Buffer.alloc(0);

  function next(hasType: boolean): Frame | undefined {
    const head = hasType ? 1 : 0;
    if (rest.length < head + 4) return undefined;
    const length = rest.readInt32BE(head) + head;
    if (length < head + 4 || length > MAX_FRAME_BYTES) throw new Error("not the wire protocol");
    if (rest.length < length) return undefined;
    const bytes = rest.subarray(0, length);
    rest = rest.subarray(length);
    return { type: hasType ? String.fromCharCode(bytes[0] ?? 0) : "", bytes };
  }

  return {
    push(chunk: Buffer): void {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    },
    next,
  };
}

function frame(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)),
  );
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function int32(...numbers: number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4);
  for (const [at, number] of numbers.entries()) buffer.writeInt32BE(number, at * 4);
  return buffer;
}

export function parameterStatus(name: string, value: string): Buffer {
  return frame("S", name, value);
}

export function queryMessage(sql: string): Buffer {
  return frame("Q", sql);
}

/** The welcome of a server that asks nobody who he is: the folder lets in nobody else. */
export function welcome(processId: number, secretKey: number): Buffer {
  const parameters = {
    server_version: "18.0",
    server_encoding: "UTF8",
    client_encoding: "UTF8",
    DateStyle: "ISO, MDY",
    TimeZone: "UTC",
    integer_datetimes: "on",
    standard_conforming_strings: "on",
  };
  return Buffer.concat([
    frame("R", int32(0)),
    ...Object.entries(parameters).map(([name, value]) => parameterStatus(name, value)),
    frame("K", int32(processId, secretKey)),
    frame("Z", Buffer.from("I")),
  ]);
}

/** After it the connection ends. */
export function fatalError(sqlState: string, message: string): Buffer {
  const fields = ["SFATAL", "VFATAL", `C${sqlState}`, `M${message}`];
  return frame("E", ...fields, Buffer.from([0]));
}
