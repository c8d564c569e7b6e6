import { FormEvent, useEffect, useState } from "react";
import { addReview, getJson, Review } from "./api";

export function Reviews({ productId }: { productId: number }) {
  const [reviews, setReviews] = useState<Review[]>([]);
  const [text, setText] = useState("");
  const [error, setError] = useState("");

  useEffect(() => {
    const controller = new AbortController();
    getJson<Review[]>(`/api/products/${productId}/reviews`, controller.signal)
      .then(setReviews)
      .catch((err: Error) => {
        if (!controller.signal.aborted) {
          setError(err.message);
        }
      });
    return () => controller.abort();
  }, [productId]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      await addReview(productId, 5, text);
      setText("");
      setError("");
    } catch (err) {
      console.error("review not saved", err);
      setError("Your review was not saved, please try again.");
    }
  }

  return (
    <section>
      <h2>Reviews</h2>
      {reviews.map((review) => (
        <article key={review.id}>
          <strong>{review.author}</strong> {"★".repeat(review.rating)}
          <div dangerouslySetInnerHTML={{ __html: review.body.replace(/\n/g, "<br/>") }} />
        </article>
      ))}
      <form onSubmit={submit}>
        <textarea value={text} onChange={(event) => setText(event.target.value)} maxLength={4000} required />
        <button>Send</button>
        {error && <p role="alert">{error}</p>}
      </form>
    </section>
  );
}
