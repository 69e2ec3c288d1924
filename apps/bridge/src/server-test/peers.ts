import { createLineSplitter, parseJson } from "@trestle/protocol";
import type { ProcessRegistry } from "@trestle/upstream";
import type { StdioEntry } from "../config/schema.ts";
import type { Exchange } from "./exchange.ts";
import { createReplay } from "./record.ts";

/** One life of a server that speaks in lines. */
export interface Peer {
  send(line: string): void;
  /** No more is asked of it. */
  end(): void;
  /** Ends it at once. */
  kill(): void;
}

export interface PeerEvents {
  onLine(line: string): void;
  onStderr(text: string): void;
  /** With its exit code, where it has one. */
  onEnd(code?: number): void;
}

/** Starts what is tested. */
export type OpenPeer = (events: PeerEvents) => Peer;

/** The server itself, as the bridge would start it. */
export function openProcess(
  entry: Pick<StdioEntry, "command" | "args" | "env" | "cwd">,
  processes: ProcessRegistry,
): OpenPeer {
  const { command, args = [], env, cwd } = entry;
  return ({ onLine, onStderr, onEnd }) => {
    const child = processes.spawn({ upstream: "tested", command, args, env, cwd });
    const splitter = createLineSplitter();
    child.stdout.on("data", (chunk: Buffer) => {
      for (const line of splitter.push(chunk).lines) onLine(line);
    });
    child.stderr.setEncoding("utf8").on("data", onStderr);
    child.stdin.on("error", () => {});
    child.once("error", (error) => {
      onStderr(`${error.message}\n`);
      onEnd();
    });
    child.once("close", (code) => {
      void processes.release(child, 0).then(() => onEnd(code ?? undefined));
    });
    return {
      send: (line) => void child.stdin.write(`${line}\n`),
      end: () => void child.stdin.end(),
      kill: () => killGroup(child),
    };
  };
}

/** A server that answers from a record. */
export function openReplay(exchanges: readonly Exchange[]): OpenPeer {
  return ({ onLine, onEnd }) => {
    const answer = createReplay(exchanges);
    return {
      send(line) {
        const message = answer(parseJson(line));
        if (message) onLine(JSON.stringify(message));
      },
      end: onEnd,
      kill: onEnd,
    };
  };
}

function killGroup({ pid }: { readonly pid?: number | undefined }): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
