"""Makes a small XLM-R with random weights, saved as a sentence-transformers folder by the real library.

It has the shape and the code path of KURE-v1 (XLM-R, CLS pooling, normalisation), not its knowledge.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SUBJECTS = ("저는", "우리 팀은", "당시 저희 조직은", "입사 직후 저는", "프로젝트 초반에는 동료들과 함께")
_SYSTEMS = ("결제 시스템", "주문 조회 화면", "추천 서비스", "로그 수집기", "재고 관리기", "사내 메신저")
_PROBLEMS = (
    "응답이 느려지는 문제를",
    "장애가 반복되는 원인을",
    "요구사항이 자주 바뀌는 상황을",
    "오래된 코드를",
    "테스트가 없던 부분을",
    "비용이 늘어나는 구조를",
)
_ACTIONS = (
    "로그를 살펴보며 찾아냈고",
    "캐시를 두어 줄였으며",
    "단계를 나누어 고쳤고",
    "동료들에게 설명하며 바꾸었고",
    "자동화 도구를 만들어 해결했고",
)
_RESULTS = (
    "결과적으로 처리 시간이 {n}퍼센트 줄었습니다.",
    "고객 문의가 한 달에 {n}건에서 절반이 되었습니다.",
    "배포 주기를 {n}일로 줄였습니다.",
    "그 경험에서 기록의 중요성을 배웠습니다.",
    "이후 다른 팀도 같은 방식을 쓰게 되었습니다.",
)


@dataclass(frozen=True)
class Shape:
    """The size of the network; `vocabulary` is the network's, `pieces` the tokenizer's."""

    layers: int = 2
    hidden: int = 32
    heads: int = 4
    vocabulary: int = 600
    pieces: int = 400
    max_tokens: int = 64
    prompts: tuple[tuple[str, str], ...] = ()
    pooling: str = "cls"
    seed: int = 7


def sentences(seed: int) -> Iterator[str]:
    """Endless Korean sentences of an interview, about 35 to 60 characters each."""
    choose = random.Random(seed)
    while True:
        words = [choose.choice(part) for part in (_SUBJECTS, _SYSTEMS)]
        rest = [choose.choice(part) for part in (_PROBLEMS, _ACTIONS, _RESULTS)]
        yield f"{words[0]} {words[1]}에서 {' '.join(rest)}".format(n=choose.randint(2, 99))


def build(folder: Path, shape: Shape) -> Path:
    """Writes the model folder and answers it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import XLMRobertaConfig, XLMRobertaModel

    parts = folder / "parts"
    _tokenizer(shape).save_pretrained(parts)
    torch.manual_seed(shape.seed)
    config = XLMRobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.hidden,
        max_position_embeddings=shape.max_tokens + 2,
        type_vocab_size=1,
        initializer_range=0.2 if shape.hidden < 128 else 0.05,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    XLMRobertaModel(config).save_pretrained(parts)
    transformer = Transformer(str(parts))
    modules = [transformer, Pooling(shape.hidden, shape.pooling), Normalize()]
    model = SentenceTransformer(modules=modules, prompts=dict(shape.prompts), device="cpu")
    model.max_seq_length = shape.max_tokens
    model.save(str(folder / "model"))
    return folder / "model"


def _tokenizer(shape: Shape):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=shape.pieces, special_tokens=specials, show_progress=False)
    tokenizer.train_from_iterator(itertools.islice(sentences(shape.seed), 500), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=shape.max_tokens,
    )
