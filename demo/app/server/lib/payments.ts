import { config } from "../config";
import { logger } from "../logger";

export class PaymentError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
    this.name = "PaymentError";
  }
}

/**
 * Charges the customer. The idempotency key makes a second attempt with the
 * same key safe: Stripe answers with the first payment.
 */
export async function createPayment(
  amountCents: number,
  paymentMethod: string,
  idempotencyKey: string,
): Promise<string> {
  try {
    const res = await fetch("https://api.stripe.com/v1/payment_intents", {
      method: "POST",
      headers: {
        Authorization: `Bearer ${config.stripeSecretKey}`,
        "Idempotency-Key": idempotencyKey,
      },
      body: new URLSearchParams({
        amount: String(amountCents),
        currency: "eur",
        payment_method: paymentMethod,
        confirm: "true",
      }),
      signal: AbortSignal.timeout(8_000),
    });
    if (!res.ok) {
      throw new PaymentError(`payment refused (${res.status})`, res.status);
    }
    const payment = (await res.json()) as { id?: string; status?: string };
    if (!payment.id || payment.status !== "succeeded") {
      throw new PaymentError(`payment is ${payment.status ?? "incomplete"}`, 402);
    }
    return payment.id;
  } catch (err) {
    logger.error({ err, amountCents, idempotencyKey }, "payment failed");
    throw err;
  }
}
