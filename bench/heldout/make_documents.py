#!/usr/bin/env python3
"""Writes the documents of bench/heldout/documents with the layout code of tests/bank; a second run gives the same bytes.

    python3 bench/heldout/make_documents.py     (packages: tests/bank/requirements.txt)
"""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "bank"))

import larkmoor_office as office  # noqa: E402
import larkmoor_pdf as pdf  # noqa: E402


def main():
    pdf.check()
    contents = {
        "annual_review_2025.pdf": pdf.annual_review(), "half_year_update_2025.pdf": pdf.half_year_update(),
        "home_policy_terms.pdf": pdf.home_policy(), "claims_handling_manual.pdf": pdf.claims_manual(), "pet_cover.pdf": pdf.pet_leaflet(),
        "motor_policy_terms.docx": office.motor_policy(), "underwriting_small_business.docx": office.underwriting(),
        "premium_rates_2026.xlsx": office.rates_workbook(), "member_council_briefing.pptx": office.briefing(),
        "travel_cover.html": office.TRAVEL.encode(), "staff_guide.md": office.STAFF.encode(), "agents.csv": office.AGENTS.encode(),
        "storm_letter.txt": office.STORM.encode(), "treaty_mail.eml": office.mail()}
    out = HERE / "documents"
    out.mkdir(exist_ok=True)
    for name, data in contents.items():
        (out / name).write_bytes(data)
    print(f"{len(contents)} documents, {sum(map(len, contents.values())):,} bytes in {out}")


if __name__ == "__main__":
    main()
