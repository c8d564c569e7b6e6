import { useEffect, useState } from "react";
import { getJson } from "./api";

interface TrackedOrder {
  id: number;
  status: string;
  created_at: string;
}

export function OrderStatus({ token }: { token: string }) {
  const [order, setOrder] = useState<TrackedOrder | null>(null);
  const [error, setError] = useState("");

  useEffect(() => {
    const refresh = () =>
      getJson<TrackedOrder>(`/api/track/${token}`)
        .then(setOrder)
        .catch((err: Error) => setError(err.message));

    refresh();
    setInterval(refresh, 5000);
  }, [token]);

  if (error) {
    return <p role="alert">{error}</p>;
  }
  if (!order) {
    return <p>Loading…</p>;
  }
  return (
    <p>
      Order {order.id} of {order.created_at}: <strong>{order.status}</strong>
    </p>
  );
}
