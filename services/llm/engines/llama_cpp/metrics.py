"""What an operator watches of the engine. Knows no request."""

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.telemetry import BUCKETS_S

STEPS = Counter("viva_llm_steps", "Calls of llama_decode")
FAULTS = Counter("viva_llm_step_faults", "Steps that llama.cpp broke off")
APART = Histogram(
    "viva_llm_steps_between_tokens", "Steps from one token of a question to its next", buckets=range(1, 17)
)
COMPUTED = Counter("viva_llm_computed_tokens", "Tokens computed, of prompts and texts")
CACHED = Counter("viva_llm_cached_tokens", "Prompt tokens found in the cache")
KEPT = Gauge("viva_llm_kept_tokens", "Tokens whose KV is in the context")
QUEUE_S = Histogram("viva_llm_queue_seconds", "From asked to first computed, seconds", buckets=BUCKETS_S)
PREFILL_S = Histogram("viva_llm_prefill_seconds", "From begun to first token, seconds", buckets=BUCKETS_S)
DECODE_S = Histogram("viva_llm_decode_seconds", "From first to last token, seconds", buckets=BUCKETS_S)
