#!/usr/bin/env python3
"""Writes the documents of examples/bank/documents.

    python3 tests/bank/make_documents.py [--out DIR]

A second run gives the same bytes. The encrypted file is the exception, because
its keys are random: it is left alone while its decrypted content is unchanged.
Needs the packages of requirements.txt and the Debian package fonts-liberation.
"""
import argparse
import io
from pathlib import Path

import pikepdf

from brackwater import annual_report, brochures, figures, office, operations, plain, policies, reports, scan

ENCRYPTED = "capital_disclosures_2025.pdf"
OWNER_PASSWORD = "harbour-master-1887"


def object_streams(data):
    """Stores objects in compressed object streams, as most current writers do."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def contents():
    """File name and bytes of every document but the encrypted one."""
    return {
        "annual_report_2025.pdf": object_streams(annual_report.build()),
        "half_year_report_2025.pdf": reports.half_year_report(),
        "retail_credit_policy.pdf": policies.credit_policy(),
        "account_terms_2026.pdf": policies.account_terms(),
        "branch_operations_manual.pdf": operations.branch_manual(),
        "harbour_light_spring_2026.pdf": brochures.newsletter(),
        "mortgage_guide.pdf": brochures.mortgage_guide(),
        "safe_deposit_agreement_scan.pdf": scan.build(),
        "aml_procedures.docx": office.aml_procedures(),
        "complaints_procedure.docx": office.complaints_procedure(),
        "fee_schedule_2026.xlsx": office.fee_schedule(2026),
        "fee_schedule_2025.xlsx": office.fee_schedule(2025),
        "results_q4_2025.pptx": office.results_deck(),
        "product_faq.html": plain.faq_html().encode(),
        "employee_handbook.md": plain.HANDBOOK.encode(),
        "branches.csv": plain.branches_csv().encode(),
        "deposit_rates.csv": plain.deposit_rates_csv().encode(),
        "savings_rate_letter.txt": plain.LETTER.encode("latin-1"),
        "mail.eml": plain.mail(),
    }


def page_streams(pdf):
    return [b"".join(s.read_bytes() for s in page.Contents) if isinstance(page.Contents, pikepdf.Array)
            else page.Contents.read_bytes() for page in pdf.pages]


def write_encrypted(path):
    """Encrypts with AES-256, the empty user password and an owner password."""
    with pikepdf.open(io.BytesIO(reports.capital_disclosures())) as pdf:
        if path.exists():
            with pikepdf.open(path) as old:
                if old.is_encrypted and page_streams(old) == page_streams(pdf):
                    return
        pdf.save(path, encryption=pikepdf.Encryption(owner=OWNER_PASSWORD, user="", R=6, aes=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "examples" / "bank" / "documents"
    parser.add_argument("--out", type=Path, default=default)
    out = parser.parse_args().out
    figures.check()
    out.mkdir(parents=True, exist_ok=True)
    for name, data in contents().items():
        (out / name).write_bytes(data)
    write_encrypted(out / ENCRYPTED)
    files = sorted(out.iterdir())
    print(f"{len(files)} documents, {sum(f.stat().st_size for f in files):,} bytes in {out}")


if __name__ == "__main__":
    main()
