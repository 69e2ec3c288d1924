/** A process on the bus of a shared folder; tells all it hears, and the gaps. */
import { createSharedBus } from "../src/index.ts";
import { shareBusFolder } from "./_bus-folder.ts";
import { answerCommands, say } from "./_commands.ts";

const [path = ""] = process.argv.slice(2);
const folder = shareBusFolder(path);
const bus = createSharedBus({ folder });

answerCommands({
  async listen({ topic }) {
    await bus.subscribe(String(topic), {
      onMessage: (message) =>
        say({ heard: message, at: performance.timeOrigin + performance.now() }),
      onGap: () => say({ gap: true }),
    });
    return folder.role();
  },
  publish({ topic, message }) {
    bus.publish(String(topic), String(message));
    return null;
  },
  /** Numbers without end, named by this process. */
  chatter({ topic }) {
    let count = 0;
    setInterval(() => bus.publish(String(topic), `${process.pid} ${++count}`), 1);
    return null;
  },
  async close() {
    await bus.close();
    await folder.close();
    process.stdin.destroy();
    return null;
  },
});
say({ ready: true });
