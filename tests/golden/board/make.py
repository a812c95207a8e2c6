#!/usr/bin/env python3
"""Writes events.txt: records as TensorBoard's own writer makes them, in hexadecimal, for tests/unit/test_journal.c.

    pip install tensorboard==2.21.0
    python3 make.py > events.txt

A line each: a name and the bytes of one record (length, masked CRC, event, masked CRC).
"""
import io
import struct

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.pr_curve import metadata as pr_metadata
from tensorboard.plugins.text import metadata as text_metadata
from tensorboard.summary.writer.record_writer import RecordWriter

WALL_TIME = 1700000000.25


def record(name, event):
    out = io.BytesIO()
    RecordWriter(out).write(event.SerializeToString(deterministic=True))
    print(name, out.getvalue().hex())


def tensor(dtype, sizes, **content):
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=n) for n in sizes]
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=dims), **content)


def value(step, **fields):
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(**fields)])
    return event_pb2.Event(wall_time=WALL_TIME, step=step, summary=summary)


two = value(300, tag="train/loss", simple_value=0.1)
two.summary.value.add(tag="train/lr", simple_value=3e-4)
record("scalars", two)
record("restart", event_pb2.Event(wall_time=WALL_TIME, step=7,
                                  session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)))
text = text_metadata.create_summary_metadata("", "")
text = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=text.plugin_data.plugin_name),
                                   data_class=summary_pb2.DATA_CLASS_TENSOR)
record("text", value(0, tag="options", metadata=text,
                     tensor=tensor(types_pb2.DT_STRING, [1], string_val=["| lr | `3e-4` |\n| Größe | 租 |".encode()])))
curve = pr_metadata.create_summary_metadata("RENT", "", 3)
curve.data_class = summary_pb2.DATA_CLASS_TENSOR
counts = [float(i) / 8 for i in range(18)]
record("curve", value(70000, tag="dev_pr/RENT", metadata=curve,
                      tensor=tensor(types_pb2.DT_FLOAT, [6, 3], tensor_content=struct.pack("<18f", *counts))))
