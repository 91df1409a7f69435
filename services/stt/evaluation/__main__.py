"""python -m services.stt.evaluation DIR [--model FOLDER]: errors of this service's engine."""

import argparse
import asyncio
import sys
from pathlib import Path

from services.runtime.engines import Missing, needed
from services.runtime.errors import VivaError
from services.stt.config import Settings
from services.stt.engine import Language, Speech
from services.stt.engines import open_engine
from services.stt.evaluation.corpus import read_corpus
from services.stt.evaluation.evaluate import evaluate, table

LANGUAGES = {language.value: language for language in Language} | {"auto": None}


def main() -> int:
    arguments = _arguments()
    settings = Settings.load()
    if arguments.model:
        settings = settings.model_copy(update={"model": str(arguments.model.absolute())})
    try:
        asyncio.run(_print(settings, arguments.folder, Speech(LANGUAGES[arguments.language])))
    except VivaError as error:
        print(error, f"Mend it with: {error.remedy}" if error.remedy else "", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="viva stt eval", description="Error rates of a recogniser on a corpus."
    )
    parser.add_argument("folder", type=Path, help="recordings with transcripts.json, or a .txt beside each")
    parser.add_argument("--model", type=Path, help="folder of a CTranslate2 Whisper; default: the server's")
    parser.add_argument("--language", choices=LANGUAGES, default="ko", help="auto lets the model detect it")
    return parser.parse_args()


async def _print(settings: Settings, folder: Path, speech: Speech) -> None:
    corpus = read_corpus(folder)
    engine = open_engine(settings)
    try:
        results = [result async for result in evaluate(needed(engine), corpus, speech)]
    finally:
        if not isinstance(engine, Missing):
            await engine.aclose()
    print(*table(results), sep="\n")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
