import type { ReviewItem } from "../../api/generated.ts";
import { moment } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Link } from "../../ui/link.tsx";
import { Decide } from "./decide.tsx";

/** What one call wanted, why it came here, and what was decided. */
export function ItemDetail({ item }: { readonly item: ReviewItem }) {
  const now = useNow(60_000);
  return (
    <div className="review-detail">
      {item.outcome_unknown && (
        <p className="review-warning">
          <Icon name="alert" /> It was sent and never answered: it may have been done already. Look
          there before you approve it.
        </p>
      )}
      {item.message && <p className="review-question">{item.message}</p>}
      <p className="review-error">{item.error.message}</p>
      <Facts
        facts={[
          ["Asked by", item.principal],
          ["Queued", moment(item.created_at, now)],
          ["Expires", item.state === "waiting" ? moment(item.expires_at, now) : undefined],
          ["Attempts", item.attempts],
          ["Writes", item.read_only ? "no" : "yes"],
          [
            "Call",
            <Link key="call" to={`/history/${item.execution_id}`}>
              Where its time went
            </Link>,
          ],
          ["Decided by", item.decided_by],
          ["Decided", item.decided_at && moment(item.decided_at, now)],
          ["Reason", item.reason],
        ]}
      />
      {item.state === "waiting" ? (
        <Decide item={item} />
      ) : (
        <>
          <h3>Arguments</h3>
          <Json label="Arguments" value={item.edited_arguments ?? item.arguments ?? {}} />
        </>
      )}
      {item.run_error && <p className="review-warning">{item.run_error.message}</p>}
      {item.result !== undefined && (
        <>
          <h3>What came of it</h3>
          <Json label="Result" value={item.result} />
        </>
      )}
    </div>
  );
}
