import { useEffect, useRef } from "react";
import { useAsk } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Card } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";

const LINES = 300;

/** The last lines that the server wrote to stderr, and the next as they come. */
export function Complaints({ server }: { readonly server: string }) {
  const refused = useRights().admin();
  const input = { path: { server }, query: { lines: LINES } };
  const tail = useAsk("GET servers/:server/stderr", input, {
    every: 2_000,
    enabled: refused === undefined,
  });
  const place = useRef<HTMLDivElement>(null);
  const last = tail.data?.lines.at(-1);
  useEffect(() => {
    const frame = place.current?.querySelector(".code");
    if (last !== undefined && frame) frame.scrollTop = frame.scrollHeight;
  }, [last]);
  if (refused !== undefined) {
    return (
      <Empty icon="lock" title="This is for administrators">
        {refused} What a server writes may hold secrets.
      </Empty>
    );
  }
  return (
    <Card title="Stderr" note={`the last ${LINES} lines, live`}>
      <Loaded query={tail} skeleton={<SkeletonLines lines={6} />}>
        {({ lines }) =>
          lines.length === 0 ? (
            <Empty icon="check" title="It has said nothing" />
          ) : (
            <div ref={place}>
              <Code label={`Stderr of ${server}`} wrap>
                {lines.join("\n")}
              </Code>
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
