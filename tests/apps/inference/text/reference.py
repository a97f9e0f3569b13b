"""Trains tokenizers of several families with the reference implementation, and encodes texts with them.

Reads {"corpus": [...], "texts": [...]} from the standard input, and writes {family: {"file": ..., "ids": [...]}}.
"""

import json
import sys

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def bert(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=1500, special_tokens=BERT, show_progress=False)
    return tokenizer, trainer, processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )


def roberta():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=ROBERTA, initial_alphabet=alphabet, show_progress=False
    )
    return tokenizer, trainer, processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)


def xlm_roberta():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=1200, special_tokens=ROBERTA, unk_token="<unk>", show_progress=False
    )
    return tokenizer, trainer, processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )


given = json.load(sys.stdin)
answer = {}
families = {"bert-uncased": bert(True), "bert-cased": bert(False), "roberta": roberta(), "xlm-roberta": xlm_roberta()}
for name, (tokenizer, trainer, processor) in families.items():
    tokenizer.train_from_iterator(given["corpus"], trainer)
    tokenizer.post_processor = processor
    encoded = tokenizer.encode_batch(given["texts"])
    # Truncation as the reference does it.
    tokenizer.enable_truncation(16)
    short = tokenizer.encode_batch(given["texts"])
    tokenizer.no_truncation()
    answer[name] = {
        "file": json.loads(tokenizer.to_str()),
        "ids": [one.ids for one in encoded],
        "short": [one.ids for one in short],
    }
json.dump(answer, sys.stdout)
