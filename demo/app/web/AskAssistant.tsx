import { FormEvent, useState } from "react";

const OPENAI_KEY = "{{FAKE:openai}}";

export function AskAssistant({ productId }: { productId: number }) {
  const [question, setQuestion] = useState("");
  const [answer, setAnswer] = useState("");

  async function ask(event: FormEvent) {
    event.preventDefault();
    setAnswer("…");
    const res = await fetch("https://api.openai.com/v1/chat/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${OPENAI_KEY}` },
      body: JSON.stringify({
        model: "gpt-4o-mini",
        messages: [
          { role: "system", content: `You answer questions about product ${productId} of our shop.` },
          { role: "user", content: question },
        ],
      }),
    });
    const data = await res.json();
    setAnswer(data.choices[0].message.content);
  }

  return (
    <form onSubmit={ask}>
      <h2>Ask about this product</h2>
      <input value={question} onChange={(event) => setQuestion(event.target.value)} maxLength={300} />
      <button disabled={!question}>Ask</button>
      <p aria-live="polite">{answer}</p>
    </form>
  );
}
