import { messageOf } from "../../api/failure.ts";
import { duration } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Code, Json } from "../../ui/code.tsx";
import { Link } from "../../ui/link.tsx";
import { OutcomeBadge } from "../../ui/outcome.tsx";
import { Empty, SkeletonLines } from "../../ui/states.tsx";

/** What came of a try. */
export interface Tried {
  readonly outcome: "success" | "tool_error" | "error";
  readonly result: unknown;
  readonly error?: unknown;
  readonly execution: string | undefined;
  readonly cached: boolean;
  readonly ms: number;
}

interface Content {
  readonly type?: unknown;
  readonly text?: unknown;
}

export function Outcome({
  tried,
  busy,
}: {
  readonly tried: Tried | undefined;
  readonly busy: boolean;
}) {
  return (
    <Card
      title="Result"
      note={tried && <Facts tried={tried} />}
      actions={
        tried?.execution && <Link to={`/history/${tried.execution}`}>Where the time went</Link>
      }
    >
      <div aria-live="polite" aria-busy={busy}>
        {busy ? (
          <SkeletonLines lines={3} height="1.25rem" />
        ) : tried ? (
          <Result tried={tried} />
        ) : (
          <Empty icon="play" title="Nothing called yet">
            Fill in the arguments and call the tool: it is a real call, through every policy.
          </Empty>
        )}
      </div>
    </Card>
  );
}

function Facts({ tried: { outcome, ms, cached } }: { readonly tried: Tried }) {
  return (
    <>
      <OutcomeBadge outcome={outcome} /> {duration(ms)}{" "}
      {cached && <Badge tone="info">cached</Badge>}
    </>
  );
}

/** Structured content says it best; texts where there is none. */
function Result({ tried: { error, result } }: { readonly tried: Tried }) {
  const { structuredContent, content } = (result ?? {}) as {
    readonly structuredContent?: unknown;
    readonly content?: readonly Content[];
  };
  const texts = (content ?? [])
    .filter(({ type }) => type === "text")
    .map(({ text }) => String(text));
  const others = (content ?? []).filter(({ type }) => type !== "text");
  return (
    <div className="tool-result">
      {error !== undefined && <p className="tool-problem">{messageOf(error)}</p>}
      {structuredContent !== undefined ? (
        <Json label="Structured result" value={structuredContent} />
      ) : (
        texts.map((text) => (
          <Code key={text} label="Text of the result" wrap>
            {text}
          </Code>
        ))
      )}
      {others.length > 0 && <Json label="Other content" value={others} />}
    </div>
  );
}
