import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { wasmFlags } from "@trestle/testkit/surroundings";

interface Answer {
  readonly id: number;
  readonly rows?: Record<string, unknown>[];
  readonly error?: string;
  readonly message?: string;
}

export interface DatabaseProcess {
  readonly child: ChildProcess;
  query(sql: string): Promise<Answer>;
  script(text: string): Promise<Answer>;
  /** Ends its input and waits for its exit code. */
  end(): Promise<number | null>;
}

const program = fileURLToPath(new URL("./_database-process.ts", import.meta.url));

/** Another process on a database folder. */
export function startProcess(dataDir: string): DatabaseProcess {
  const child = spawn(process.execPath, [...wasmFlags, program, dataDir], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.(answer);
  });
  let lastId = 0;

  function ask(request: { sql?: string; script?: string }): Promise<Answer> {
    lastId += 1;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    waiting.set(lastId, resolve);
    child.stdin.write(`${JSON.stringify({ id: lastId, ...request })}\n`);
    return promise;
  }

  return {
    child,
    query: (sql) => ask({ sql }),
    script: (text) => ask({ script: text }),
    async end() {
      if (child.exitCode === null) {
        child.stdin.end();
        await once(child, "exit");
      }
      return child.exitCode;
    },
  };
}
