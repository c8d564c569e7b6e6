import { useEffect, useState } from "react";
import { AskAssistant } from "./AskAssistant";
import { euro, getJson, Product } from "./api";
import { OrderStatus } from "./OrderStatus";
import { Reviews } from "./Reviews";

function useHash(): string {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const onChange = () => setHash(window.location.hash);
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return hash;
}

function ProductList() {
  const [products, setProducts] = useState<Product[]>([]);
  const [error, setError] = useState("");

  useEffect(() => {
    const controller = new AbortController();
    getJson<Product[]>("/api/products", controller.signal)
      .then(setProducts)
      .catch((err: Error) => {
        if (!controller.signal.aborted) {
          setError(`The catalogue cannot be loaded: ${err.message}`);
        }
      });
    return () => controller.abort();
  }, []);

  if (error) {
    return <p role="alert">{error}</p>;
  }
  return (
    <ul>
      {products.map((product) => (
        <li key={product.id}>
          <a href={`#/product/${product.id}`}>{product.name}</a> {euro(product.price_cents)}
          {product.stock === 0 && " (sold out)"}
        </li>
      ))}
    </ul>
  );
}

export function App() {
  const [, page, argument] = useHash().split("/");
  return (
    <main>
      <h1>
        <a href="#/">shop</a>
      </h1>
      {page === "track" && <OrderStatus token={argument} />}
      {page === "product" && (
        <>
          <Reviews productId={Number(argument)} />
          <AskAssistant productId={Number(argument)} />
        </>
      )}
      {!page && <ProductList />}
    </main>
  );
}
