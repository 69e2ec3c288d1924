import type { Writable } from "node:stream";
import type { Pipe } from "../json-rpc/pipe-link.ts";

interface Frame {
  readonly text: string;
  readonly done: (error?: Error) => void;
}

/** Frames are written together up to this many characters; a longer one goes alone. */
const MAX_BATCH = 64 * 1024;

/**
 * Writes frames in order, and nothing while the pipe is full. The first frame of a turn of the event loop
 * leaves at once; those that follow in the same turn leave together, in one system call. So a broken pipe
 * tells of each frame whether the other side can have it.
 */
export function createFrameWriter(stream: Writable): Pipe["send"] {
  const queue: Frame[] = [];
  let writing: object | undefined;
  let gathering = false;
  let failure: Error | undefined;

  stream.on("error", fail);
  stream.on("close", () => fail(new Error("The pipe to the server is closed.")));

  function send(text: string, done: (error?: Error) => void): () => boolean {
    const frame = { text, done };
    queue.push(frame);
    if (!gathering) {
      gathering = true;
      setImmediate(release);
      pump();
    }
    return () => {
      const at = queue.indexOf(frame);
      if (at !== -1) queue.splice(at, 1);
      return at !== -1;
    };
  }

  function release(): void {
    gathering = false;
    pump();
  }

  function pump(): void {
    while (!writing && queue.length > 0) {
      const batch = nextBatch(queue);
      if (failure) settle(batch, failure);
      else write(batch);
    }
  }

  function write(batch: readonly Frame[]): void {
    writing = batch;
    let unsettled = batch;
    stream.write(textOf(batch), (error) => {
      settle(unsettled, error ?? undefined);
      if (writing !== batch) return;
      writing = undefined;
      pump();
    });
    if (stream.writableLength > 0) {
      // The kernel may have taken a part of them: only of the last frame is it sure that it is not whole.
      settle(batch.slice(0, -1));
      unsettled = batch.slice(-1);
    } else if (!stream.errored && !stream.destroyed) {
      // What the kernel took at once has left; its callback only comes a tick later.
      settle(batch);
      unsettled = [];
      writing = undefined;
    }
  }

  function fail(error: Error): void {
    failure ??= error;
    writing = undefined;
    pump();
  }

  return send;
}

function nextBatch(queue: Frame[]): Frame[] {
  let size = 0;
  let count = 0;
  for (const { text } of queue) {
    size += text.length;
    if (count > 0 && size > MAX_BATCH) break;
    count += 1;
  }
  return queue.splice(0, count);
}

function textOf(batch: readonly Frame[]): string {
  const [only] = batch;
  if (batch.length === 1 && only) return `${only.text}\n`;
  return batch.map(({ text }) => `${text}\n`).join("");
}

function settle(batch: readonly Frame[], error?: Error): void {
  for (const { done } of batch) done(error);
}
