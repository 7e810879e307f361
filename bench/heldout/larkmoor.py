"""The documents of Larkmoor Mutual."""
import larkmoor_office as office
import larkmoor_pdf as pdf


def contents():
    pdf.check()
    return {
        "annual_review_2025.pdf": pdf.annual_review(), "half_year_update_2025.pdf": pdf.half_year_update(),
        "home_policy_terms.pdf": pdf.home_policy(), "claims_handling_manual.pdf": pdf.claims_manual(), "pet_cover.pdf": pdf.pet_leaflet(),
        "motor_policy_terms.docx": office.motor_policy(), "underwriting_small_business.docx": office.underwriting(),
        "premium_rates_2026.xlsx": office.rates_workbook(), "member_council_briefing.pptx": office.briefing(),
        "travel_cover.html": office.TRAVEL.encode(), "staff_guide.md": office.STAFF.encode(), "agents.csv": office.AGENTS.encode(),
        "storm_letter.txt": office.STORM.encode(), "treaty_mail.eml": office.mail()}
