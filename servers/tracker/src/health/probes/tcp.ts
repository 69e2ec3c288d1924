import { once } from "node:events";
import { connect } from "node:net";
import type { TargetOf } from "../config.ts";
import { type Finding, type ProbeContext, up } from "./probe.ts";

export async function probeTcp(
  { host, port }: TargetOf<"tcp">,
  { signal }: ProbeContext,
): Promise<Finding> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal });
    return up("It accepts connections.");
  } finally {
    socket.destroy();
  }
}
