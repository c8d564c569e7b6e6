export const API_URL = "http://localhost:4000";

export interface Product {
  id: number;
  slug: string;
  name: string;
  price_cents: number;
  stock: number;
}

export interface Review {
  id: number;
  rating: number;
  body: string;
  author: string;
  created_at: string;
}

/** GET as JSON. Gives up after ten seconds, or when the caller's signal aborts. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(10_000);
  const res = await fetch(`${API_URL}${path}`, {
    credentials: "include",
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (!res.ok) {
    throw new Error(`${path} answered ${res.status}`);
  }
  return (await res.json()) as T;
}

export async function addReview(productId: number, rating: number, body: string): Promise<{ id: number }> {
  const res = await fetch(`${API_URL}/api/products/${productId}/reviews`, {
    method: "POST",
    credentials: "include",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ rating, body }),
  });
  return res.json();
}

export function euro(cents: number): string {
  return new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" }).format(cents / 100);
}
