/** Owns or joins a folder, again whenever the owner is gone; an owner leaves its marks in a shared journal. */
import { appendFileSync } from "node:fs";
import { type Membership, ownFolder } from "../src/index.ts";
import { answerCommands, say } from "./_commands.ts";

const [path = "", journal = ""] = process.argv.slice(2);
let membership: Membership | undefined;
let stopping = false;

const mark = (word: string, fence: number): void =>
  appendFileSync(journal, `${word} ${fence} ${process.pid}\n`);

async function enter(): Promise<void> {
  const from = performance.now();
  membership = await ownFolder({ path, onJoin: (socket) => socket.resume() });
  const ms = performance.now() - from;
  say({ role: membership.role, fence: membership.fence, ms });
  if (membership.role === "joined") {
    membership.socket.resume().once("close", () => {
      if (!stopping) void enter();
    });
    return;
  }
  const { fence } = membership;
  mark("begin", fence);
  const ticking = setInterval(() => {
    if (stopping) clearInterval(ticking);
    else mark("tick", fence);
  }, 1);
}

answerCommands({
  async close() {
    stopping = true;
    if (membership?.role === "owner") mark("end", membership.fence);
    await membership?.close();
    process.stdin.destroy();
    return null;
  },
});
await enter();
