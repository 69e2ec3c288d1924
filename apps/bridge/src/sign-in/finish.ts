import type { Core } from "../core.ts";

/** Takes what an authorization server sent the browser back with, and reads what its server offers. */
export async function finishSignIn(
  query: URLSearchParams,
  { signIns, upstreams }: Pick<Core, "signIns" | "upstreams">,
): Promise<string> {
  const value = (name: string) => query.get(name) ?? undefined;
  const server = await signIns.finish({
    ...{ state: value("state"), code: value("code"), iss: value("iss") },
    ...{ error: value("error"), errorDescription: value("error_description") },
  });
  // Whoever signed in did so to use it: whatever is wrong with the server itself shows there.
  await upstreams
    .get(server)
    ?.ready()
    .catch(() => {});
  return server;
}
